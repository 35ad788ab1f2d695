// A component is a look: it knows no feature, no request and no word of the domain.
import { page } from "../features/actions/ActionsPage"; // breach
import { commands } from "../api/client"; // breach
import { verdictLooks } from "../domain/verdict"; // breach
import { useState } from "react";

export const Pill = () => [page, commands, verdictLooks, useState];
