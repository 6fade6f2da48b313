/**
 * Decimal arithmetic on number literals, for whole numbers from 0 upward. Anything that is not such a literal is
 * `number`, which stands for "not known while typing" and makes every result `number` as well.
 *
 * Inside, numbers are texts of digits with the least significant first, so that carries run along the text.
 */

/** 28 -> "82"; number -> number. */
export type Digits<N> = number extends N ? number : Reverse<`${N & number}`>;

/** "82" -> 28. */
export type FromDigits<R> = R extends string ? ToNumber<StripZeros<Reverse<R>>> : number;

type ToNumber<S> = S extends `${infer N extends number}` ? N : number;
type StripZeros<S> = S extends `0${infer Rest}` ? (Rest extends "" ? "0" : StripZeros<Rest>) : S;
type Reverse<S extends string, Result extends string = ""> = S extends `${infer First}${infer Rest}`
  ? Reverse<Rest, `${First}${Result}`>
  : Result;

/** N itself where it is a whole number literal of at least 0, else `number`. */
export type Whole<N> = number extends N
  ? number
  : `${N & number}` extends `-${string}` | `${string}.${string}` | `${string}e${string}`
    ? number
    : N extends number
      ? N
      : number;

export type Sum<A, B> = FromDigits<SumDigits<Digits<A>, Digits<B>>>;
export type Product<A, B> = FromDigits<ProductDigits<Digits<A>, Digits<B>>>;

/** -N: the one operation with negative numbers, for ranges. */
export type Negative<N> = number extends N
  ? number
  : `${N & number}` extends `-${infer Positive extends number}`
    ? Positive
    : ToNumber<`-${N & number}`>;

/** A - B, or 0 where B is larger. */
export type Difference<A, B> = number extends A | B
  ? number
  : Compare<A, B> extends "more"
    ? FromDigits<SubtractDigits<Digits<A>, Digits<B>>>
    : 0;

/** Smallest whole number that is at least N / 2. */
export type HalfUp<N> = Half<Sum<N, 1>>;
/** Whole part of N / 2. */
type Half<N> = number extends N ? number : ToNumber<StripZeros<Halve<`${N & number}`>>>;

/** A <= B: true, false, or boolean where that is not known. */
export type AtMost<A, B> = number extends A | B ? boolean : Compare<A, B> extends "more" ? false : true;
export type Below<A, B> = number extends A | B ? boolean : Compare<A, B> extends "less" ? true : false;
export type Larger<A, B> = number extends A | B ? number : Compare<A, B> extends "less" ? B : A;

/** Whole part of A / B for B from 1 to 64; not known for others. */
export type Quotient<A, B> = number extends A | B
  ? number
  : B extends 1
    ? A
    : B extends 2
      ? Half<A>
      : TupleOf<B> extends infer Divisor extends readonly [0, ...0[]]
        ? ToNumber<StripZeros<LongDivision<`${A & number}`, Divisor>>>
        : number;

// Digit by digit.

type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";

/** `Plus[a][b]` is the last digit of a + b, `PlusOne[a][b]` that of a + b + 1. */
type Plus = {
  "0": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
  "1": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"];
  "2": ["2", "3", "4", "5", "6", "7", "8", "9", "0", "1"];
  "3": ["3", "4", "5", "6", "7", "8", "9", "0", "1", "2"];
  "4": ["4", "5", "6", "7", "8", "9", "0", "1", "2", "3"];
  "5": ["5", "6", "7", "8", "9", "0", "1", "2", "3", "4"];
  "6": ["6", "7", "8", "9", "0", "1", "2", "3", "4", "5"];
  "7": ["7", "8", "9", "0", "1", "2", "3", "4", "5", "6"];
  "8": ["8", "9", "0", "1", "2", "3", "4", "5", "6", "7"];
  "9": ["9", "0", "1", "2", "3", "4", "5", "6", "7", "8"];
};
type PlusOne = {
  "0": Plus["1"];
  "1": Plus["2"];
  "2": Plus["3"];
  "3": Plus["4"];
  "4": Plus["5"];
  "5": Plus["6"];
  "6": Plus["7"];
  "7": Plus["8"];
  "8": Plus["9"];
  "9": Plus["0"];
};
/** `Carry[a][b]`: "1" where a + b is 10 or more; `CarryOne` the same for a + b + 1. */
type Carry = {
  "0": ["0", "0", "0", "0", "0", "0", "0", "0", "0", "0"];
  "1": ["0", "0", "0", "0", "0", "0", "0", "0", "0", "1"];
  "2": ["0", "0", "0", "0", "0", "0", "0", "0", "1", "1"];
  "3": ["0", "0", "0", "0", "0", "0", "0", "1", "1", "1"];
  "4": ["0", "0", "0", "0", "0", "0", "1", "1", "1", "1"];
  "5": ["0", "0", "0", "0", "0", "1", "1", "1", "1", "1"];
  "6": ["0", "0", "0", "0", "1", "1", "1", "1", "1", "1"];
  "7": ["0", "0", "0", "1", "1", "1", "1", "1", "1", "1"];
  "8": ["0", "0", "1", "1", "1", "1", "1", "1", "1", "1"];
  "9": ["0", "1", "1", "1", "1", "1", "1", "1", "1", "1"];
};
type CarryOne = {
  "0": Carry["1"];
  "1": Carry["2"];
  "2": Carry["3"];
  "3": Carry["4"];
  "4": Carry["5"];
  "5": Carry["6"];
  "6": Carry["7"];
  "7": Carry["8"];
  "8": Carry["9"];
  "9": ["1", "1", "1", "1", "1", "1", "1", "1", "1", "1"];
};
/** Digits of a * b: `Units[a][b]` and `Tens[a][b]`. */
type Units = {
  "0": ["0", "0", "0", "0", "0", "0", "0", "0", "0", "0"];
  "1": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
  "2": ["0", "2", "4", "6", "8", "0", "2", "4", "6", "8"];
  "3": ["0", "3", "6", "9", "2", "5", "8", "1", "4", "7"];
  "4": ["0", "4", "8", "2", "6", "0", "4", "8", "2", "6"];
  "5": ["0", "5", "0", "5", "0", "5", "0", "5", "0", "5"];
  "6": ["0", "6", "2", "8", "4", "0", "6", "2", "8", "4"];
  "7": ["0", "7", "4", "1", "8", "5", "2", "9", "6", "3"];
  "8": ["0", "8", "6", "4", "2", "0", "8", "6", "4", "2"];
  "9": ["0", "9", "8", "7", "6", "5", "4", "3", "2", "1"];
};
type Tens = {
  "0": ["0", "0", "0", "0", "0", "0", "0", "0", "0", "0"];
  "1": ["0", "0", "0", "0", "0", "0", "0", "0", "0", "0"];
  "2": ["0", "0", "0", "0", "0", "1", "1", "1", "1", "1"];
  "3": ["0", "0", "0", "0", "1", "1", "1", "2", "2", "2"];
  "4": ["0", "0", "0", "1", "1", "2", "2", "2", "3", "3"];
  "5": ["0", "0", "1", "1", "2", "2", "3", "3", "4", "4"];
  "6": ["0", "0", "1", "1", "2", "3", "3", "4", "4", "5"];
  "7": ["0", "0", "1", "2", "2", "3", "4", "4", "5", "6"];
  "8": ["0", "0", "1", "2", "3", "4", "4", "5", "6", "7"];
  "9": ["0", "0", "1", "2", "3", "4", "5", "6", "7", "8"];
};
/** 10 - a: adding it subtracts a. */
type NinesComplement = ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"];
/** Half of a digit, and of ten plus it. */
type HalfOf = ["0", "0", "1", "1", "2", "2", "3", "3", "4", "4"];
type HalfOfTenMore = ["5", "5", "6", "6", "7", "7", "8", "8", "9", "9"];
type IsOdd = ["0", "1", "0", "1", "0", "1", "0", "1", "0", "1"];

export type SumDigits<A, B, C extends string = "0", Result extends string = ""> = A extends string
  ? B extends string
    ? A extends `${infer X extends Digit}${infer AR}`
      ? B extends `${infer Y extends Digit}${infer BR}`
        ? C extends "0"
          ? SumDigits<AR, BR, Carry[X][Y], `${Result}${Plus[X][Y]}`>
          : SumDigits<AR, BR, CarryOne[X][Y], `${Result}${PlusOne[X][Y]}`>
        : C extends "0"
          ? `${Result}${A}`
          : SumDigits<A, "1", "0", Result>
      : C extends "0"
        ? `${Result}${B}`
        : B extends ""
          ? `${Result}1`
          : SumDigits<B, "1", "0", Result>
    : number
  : number;

/** A - B for A >= B: adds the nines' complement of B and one, and drops the last carry. */
type SubtractDigits<A, B, C extends string = "1", Result extends string = ""> = A extends `${infer X extends
  Digit}${infer AR}`
  ? B extends `${infer Y extends Digit}${infer BR}`
    ? SubtractStep<X, NinesComplement[Y], AR, BR, C, Result>
    : C extends "1"
      ? `${Result}${A}`
      : SubtractStep<X, "9", AR, "", C, Result>
  : Result;
type SubtractStep<X extends Digit, Y extends Digit, AR, BR, C extends string, Result extends string> = C extends "0"
  ? SubtractDigits<AR, BR, Carry[X][Y], `${Result}${Plus[X][Y]}`>
  : SubtractDigits<AR, BR, CarryOne[X][Y], `${Result}${PlusOne[X][Y]}`>;

export type ProductDigits<A, B> = A extends string
  ? B extends `${infer Y extends Digit}${infer Rest}`
    ? Rest extends ""
      ? TimesDigit<A, Y>
      : SumDigits<TimesDigit<A, Y>, `0${ProductDigits<A, Rest> & string}`>
    : number
  : number;

type TimesDigit<A, Y extends Digit, C extends Digit = "0", Result extends string = ""> = Y extends "1"
  ? A
  : A extends `${infer X extends Digit}${infer Rest}`
    ? TimesDigit<Rest, Y, Plus[Tens[Y][X]][Carry[Units[Y][X]][C]], `${Result}${Plus[Units[Y][X]][C]}`>
    : C extends "0"
      ? Result
      : `${Result}${C}`;

/** From the most significant digit; an odd digit carries ten. */
type Halve<S, Odd extends string = "0", Result extends string = ""> = S extends `${infer X extends Digit}${infer Rest}`
  ? Halve<Rest, IsOdd[X], `${Result}${Odd extends "0" ? HalfOf[X] : HalfOfTenMore[X]}`>
  : Result;

/** Text of digits from the most significant; the remainder is a tuple. */
type LongDivision<
  S,
  Divisor extends readonly 0[],
  Rest extends readonly 0[] = [],
  Result extends string = "",
> = S extends `${infer X extends Digit}${infer More}`
  ? TakeOut<TenfoldAnd<Rest, X>, Divisor> extends [infer Q extends string, infer R extends readonly 0[]]
    ? LongDivision<More, Divisor, R, `${Result}${Q}`>
    : never
  : Result;
type TakeOut<
  All extends readonly 0[],
  Divisor extends readonly 0[],
  Count extends readonly 0[] = [],
> = All extends readonly [...Divisor, ...infer Left extends readonly 0[]]
  ? TakeOut<Left, Divisor, [...Count, 0]>
  : [`${Count["length"]}`, All];
type TenfoldAnd<R extends readonly 0[], X extends Digit> = [
  ...R,
  ...R,
  ...R,
  ...R,
  ...R,
  ...R,
  ...R,
  ...R,
  ...R,
  ...R,
  ...DigitTuple[X],
];
type DigitTuple = {
  "0": [];
  "1": [0];
  "2": [0, 0];
  "3": [0, 0, 0];
  "4": [0, 0, 0, 0];
  "5": [0, 0, 0, 0, 0];
  "6": [0, 0, 0, 0, 0, 0];
  "7": [0, 0, 0, 0, 0, 0, 0];
  "8": [0, 0, 0, 0, 0, 0, 0, 0];
  "9": [0, 0, 0, 0, 0, 0, 0, 0, 0];
};
/** N zeros; the empty tuple where N is above 64. */
type TupleOf<N, Result extends readonly 0[] = []> = Result["length"] extends N
  ? Result
  : Result["length"] extends 64
    ? []
    : TupleOf<N, [...Result, 0]>;

/** "less", "same" or "more". */
export type Compare<A, B> = A extends B ? "same" : CompareText<`${A & number}`, `${B & number}`>;
type CompareText<A, B, SoFar = "same"> = A extends `${infer X extends Digit}${infer AR}`
  ? B extends `${infer Y extends Digit}${infer BR}`
    ? CompareText<AR, BR, SoFar extends "same" ? (X extends Y ? "same" : DigitOrder[X][Y]) : SoFar>
    : "more"
  : B extends ""
    ? SoFar
    : "less";
type DigitOrder = { [X in Digit]: { [Y in Digit]: Carry[X][NinesComplement[Y]] extends "1" ? "more" : "less" } };
