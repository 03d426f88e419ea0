import { serve } from "unrolled/worker";
import { classify } from "./classify.mjs";

export const training = serve(classify);
