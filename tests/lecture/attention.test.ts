import { ATTENTION } from "../../ts/lecture/attention.ts";
import { testExhibits } from "../support/exhibits.ts";

testExhibits(ATTENTION);
