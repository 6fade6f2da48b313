throw new Error("no such data set");
export default 1;
