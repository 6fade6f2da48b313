import { helper } from "./not-there.ts";
export default helper;
