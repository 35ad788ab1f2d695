import { page } from "../features/actions/ActionsPage"; // breach

export const verdictLooks = { page };
