import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { aHome } from "../../test/fixtures";
import { shell, show } from "../../test/shell";
import { FirstRun } from "./FirstRun";

test("the five levels are offered, Full is the recommended one, and one click chooses", async () => {
  const calls = shell({ choose_level: () => aHome() });
  show(<FirstRun />);
  for (const code of ["full", "semi_core", "semi_non_temp", "semi_all", "none"]) expect(screen.getByTestId(`choose-level-${code}`)).toBeTruthy();
  expect(screen.getAllByText("Recommended")).toHaveLength(1);
  fireEvent.click(screen.getByTestId("choose-level-semi_core"));
  await waitFor(() => expect(calls).toContainEqual({ command: "choose_level", request: { level: "semi_core" } }));
});
