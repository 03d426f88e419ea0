import { RECURRENT } from "../../ts/lecture/recurrent.ts";
import { testExhibits } from "../support/exhibits.ts";

testExhibits(RECURRENT);
