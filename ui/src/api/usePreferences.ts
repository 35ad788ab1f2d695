/** How this person likes the window: kept by the shell, never something that a decision depends on. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Preferences } from "./bindings";
import { keepPreferences } from "./mutations";
import { preferences } from "./queries";

const usual: Preferences = { theme: "system", switched_columns: [] };

export function usePreferences(): { liked: Preferences; like: (next: Partial<Preferences>) => void } {
  const client = useQueryClient();
  const { data } = useQuery(preferences);
  const keep = useMutation({ ...keepPreferences, onMutate: (next) => client.setQueryData(preferences.queryKey, next) });
  const liked = data ?? usual;
  return { liked, like: (next) => keep.mutate({ ...liked, ...next }) };
}

/** Which columns of one list are switched against what is usual. */
export function useSwitchedColumns(list: string): { switched: ReadonlySet<string>; flip: (column: string) => void } {
  const { liked, like } = usePreferences();
  const mine = liked.switched_columns.filter((each) => each.startsWith(`${list}.`)).map((each) => each.slice(list.length + 1));
  return {
    switched: new Set(mine),
    flip: (column) => {
      const name = `${list}.${column}`;
      const rest = liked.switched_columns.filter((each) => each !== name);
      like({ switched_columns: rest.length === liked.switched_columns.length ? [...rest, name] : rest });
    },
  };
}
