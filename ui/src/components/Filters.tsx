/** Filters above a list: what is chosen, how many, and one step back to none. */
import { Button, Menu, MenuButton, MenuItemCheckbox, MenuItemRadio, MenuList, MenuPopover, MenuTrigger, SearchBox, makeStyles, tokens } from "@fluentui/react-components";
import { useEffect, useRef, useState } from "react";

export interface Choice<Id extends string> { id: Id; label: string }

const useStyles = makeStyles({
  count: { marginLeft: "auto", color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums", fontSize: tokens.fontSizeBase200, whiteSpace: "nowrap" },
  search: { width: "220px" },
});

/** Any of several. Nothing chosen means any. */
export function FilterMenu<Id extends string>({ name, label, choices, chosen, onChange }: { name: string; label: string; choices: readonly Choice<Id>[]; chosen: readonly Id[] | undefined; onChange: (next: Id[] | undefined) => void }) {
  const some = chosen ?? [];
  const one = some.length === 1 ? choices.find((c) => c.id === some[0])?.label : undefined;
  return (
    <Menu checkedValues={{ [name]: [...some] }} onCheckedValueChange={(_, data) => {
      const next = choices.filter((c) => data.checkedItems.includes(c.id)).map((c) => c.id);
      onChange(next.length === 0 ? undefined : next);
    }}>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton size="small" appearance={some.length > 0 ? "primary" : "outline"} data-testid={`filter-${name}`}>{label}: {one ?? (some.length === 0 ? "any" : `${some.length} chosen`)}</MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {choices.map((c) => <MenuItemCheckbox key={c.id} name={name} value={c.id} data-testid={`filter-${name}-${c.id}`}>{c.label}</MenuItemCheckbox>)}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** One of several, or any. */
export function FilterOne<Id extends string>({ name, label, choices, chosen, any = "any", onChange }: { name: string; label: string; choices: readonly Choice<Id>[]; chosen: Id | undefined; any?: string; onChange: (next: Id | undefined) => void }) {
  return (
    <Menu checkedValues={{ [name]: [chosen ?? ""] }} onCheckedValueChange={(_, data) => onChange(choices.find((c) => c.id === data.checkedItems[0])?.id)}>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton size="small" appearance={chosen === undefined ? "outline" : "primary"} data-testid={`filter-${name}`}>{label}: {choices.find((c) => c.id === chosen)?.label ?? any}</MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItemRadio name={name} value="" data-testid={`filter-${name}-any`}>{any}</MenuItemRadio>
          {choices.map((c) => <MenuItemRadio key={c.id} name={name} value={c.id} data-testid={`filter-${name}-${c.id}`}>{c.label}</MenuItemRadio>)}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

const PAUSE_MS = 180;

/** Free text, handed on when somebody pauses. */
export function SearchField({ value, onChange, label = "Search" }: { value: string | undefined; onChange: (next: string | undefined) => void; label?: string }) {
  const s = useStyles();
  const given = value ?? "";
  const [draft, setDraft] = useState({ text: given, given, sent: given });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  // What stands in the address wins when it changed by itself, and not because it was typed here.
  if (draft.given !== given) setDraft({ text: given === draft.sent ? draft.text : given, given, sent: given });
  return (
    <SearchBox
      className={s.search} size="small" placeholder={`${label} (/)`} aria-label={label} value={draft.text} data-testid="search" data-search
      onChange={(_, data) => {
        setDraft({ ...draft, text: data.value });
        clearTimeout(timer.current);
        timer.current = setTimeout(() => {
          setDraft((before) => ({ ...before, sent: data.value }));
          onChange(data.value === "" ? undefined : data.value);
        }, PAUSE_MS);
      }}
    />
  );
}

export function focusSearch(): void {
  document.querySelector<HTMLInputElement>("[data-search] input, input[data-search]")?.focus();
}

export function ClearFilters({ count, onClear }: { count: number; onClear: () => void }) {
  if (count === 0) return null;
  return <Button size="small" appearance="subtle" onClick={onClear} data-testid="filter-clear">{count} {count === 1 ? "filter" : "filters"} · Clear</Button>;
}

export function Showing({ shown, total, what }: { shown: number; total: number; what?: string }) {
  const s = useStyles();
  return <span className={s.count}>Showing {shown.toLocaleString("en-GB")} of <span data-testid="total">{total.toLocaleString("en-GB")}</span>{what !== undefined && ` ${what}`}</span>;
}

/** What arrived since the list was read; nothing moves until somebody asks. */
export function Newer({ count, onShow }: { count: number; onShow: () => void }) {
  if (count === 0) return null;
  return <Button size="small" appearance="primary" onClick={onShow} data-testid="newer">{count.toLocaleString("en-GB")} new</Button>;
}

export function ColumnMenu({ columns, shown, onFlip }: { columns: readonly Choice<string>[]; shown: readonly string[]; onFlip: (id: string) => void }) {
  return (
    <Menu checkedValues={{ columns: [...shown] }} onCheckedValueChange={(_, data) => {
      const flipped = columns.find((c) => data.checkedItems.includes(c.id) !== shown.includes(c.id));
      if (flipped !== undefined) onFlip(flipped.id);
    }}>
      <MenuTrigger disableButtonEnhancement><MenuButton size="small" appearance="subtle" data-testid="columns">Columns</MenuButton></MenuTrigger>
      <MenuPopover>
        <MenuList>{columns.map((c) => <MenuItemCheckbox key={c.id} name="columns" value={c.id} data-testid={`column-${c.id}`}>{c.label}</MenuItemCheckbox>)}</MenuList>
      </MenuPopover>
    </Menu>
  );
}
