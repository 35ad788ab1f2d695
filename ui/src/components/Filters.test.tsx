import { FluentProvider, webLightTheme } from "@fluentui/react-components";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { expect, test } from "vitest";
import { ClearFilters, SearchField } from "./Filters";

function Bar() {
  const [text, setText] = useState<string>();
  return (
    <FluentProvider theme={webLightTheme}>
      <SearchField value={text} onChange={setText} /><ClearFilters count={text === undefined ? 0 : 1} onClear={() => setText(undefined)} /><output>{text ?? "any"}</output>
    </FluentProvider>
  );
}

test("clearing the filters clears what stands in the search field, and typing on is never overwritten", async () => {
  render(<Bar />);
  const field = screen.getByTestId<HTMLInputElement>("search");
  fireEvent.change(field, { target: { value: "upd" } });
  await waitFor(() => expect(screen.getByRole("status").textContent).toBe("upd"));
  fireEvent.change(field, { target: { value: "update" } });
  expect(field.value).toBe("update");
  await waitFor(() => expect(screen.getByRole("status").textContent).toBe("update"));
  fireEvent.click(screen.getByTestId("filter-clear"));
  expect(field.value).toBe("");
});
