import { defineModel } from "ai8xc";
export default defineModel({ name: "wrong", (x) => x);
