import { expect, test } from "vitest";
import type { Choice, Obstacle } from "../../api/bindings";
import { answerWords, chosen, hopeless, needsFolder, notesOf, questionsOf, usualAnswers, wayOf } from "./undo";

const obstacle = (code: string, choices: Choice[] = [], blocking = true): Obstacle => ({ code, text: `${code}.`, blocking, choices });
const taken = obstacle("place_taken", [{ choice: "keep_both" }, { choice: "replace" }, { choice: "elsewhere" }, { choice: "stop" }]);
const blocked = obstacle("still_blocked", [{ choice: "allow", sha256: "ab", group: "Shops", days: 30 }, { choice: "stop" }]);
const caught = obstacle("would_be_caught", [{ choice: "allow", sha256: "ab", group: "Shops", days: 30 }, { choice: "stop" }], false);
const later = obstacle("later_actions", [{ choice: "reverse_order", actions: ["b", "c"] }, { choice: "stop" }], false);
const gone = obstacle("vault_missing", [{ choice: "other_device", device: "till-2", item: "v9" }]);
const one = (...obstacles: Obstacle[]) => [{ name: "parcel", obstacles }];

/** M82, M83 */
test("every obstacle is a question with its ways, and stopping is what the dialog's other button does", () => {
  const [q] = questionsOf(one(taken));
  expect(q?.answers.map((a) => a.choice)).toEqual(["keep_both", "replace", "elsewhere"]);
  expect(questionsOf(one(caught))[0]?.answers.map((a) => a.choice)).toEqual(["allow", "leave"]);
  // Without allowing it, what is blocked cannot come back at all.
  expect(questionsOf(one(blocked))[0]?.answers.map((a) => a.choice)).toEqual(["allow"]);
});

/** M83 */
test.each([
  ["keep_both", { choice: "keep_both" }], ["replace", { choice: "replace" }], ["elsewhere", { choice: "elsewhere", folder: "/srv/back" }],
] as const)("the place is taken: %s", (answer, conflict) => {
  const questions = questionsOf(one(taken));
  expect(wayOf(questions, { place_taken: answer }, " /srv/back ")).toMatchObject({ conflict, incomplete: false });
});

test("a folder has to be named where one is needed", () => {
  const questions = questionsOf(one(taken));
  expect(needsFolder(questions, { place_taken: "elsewhere" })).toBe(true);
  expect(wayOf(questions, { place_taken: "elsewhere" }, " ").incomplete).toBe(true);
  expect(needsFolder(questions, usualAnswers(questions))).toBe(false);
});

test("what would be caught again is allowed with the undo, or not", () => {
  const questions = questionsOf(one(caught, taken));
  expect(wayOf(questions, usualAnswers(questions), "")).toMatchObject({ allow_days: 30, conflict: { choice: "keep_both" } });
  expect(wayOf(questions, { ...usualAnswers(questions), would_be_caught: "leave" }, "").allow_days).toBeNull();
});

test("later actions go first, and a lost copy comes from another device", () => {
  expect(wayOf(questionsOf(one(later)), { later_actions: "reverse_order" }, "").first).toEqual(["b", "c"]);
  expect(wayOf(questionsOf(one(gone)), { vault_missing: "other_device" }, "/srv").from).toEqual({ item: "v9", folder: "/srv" });
});

/** M77 */
test("what several actions meet is asked once, with each of them named", () => {
  const questions = questionsOf([{ name: "a", obstacles: [taken] }, { name: "b", obstacles: [taken, later] }, { name: "c", obstacles: [] }]);
  expect(questions.map((q) => [q.code, q.texts])).toEqual([["place_taken", ["a: place_taken.", "b: place_taken."]], ["later_actions", ["b: later_actions."]]]);
});

test("what nothing can be chosen about is told, and ends it only where nothing else is left", () => {
  const dead = obstacle("vault_damaged");
  expect(notesOf(one(dead))).toEqual([{ code: "vault_damaged", text: "vault_damaged.", blocking: true }]);
  expect(hopeless(one(dead))).toBe(true);
  expect(hopeless([{ name: "a", obstacles: [dead] }, { name: "b", obstacles: [] }])).toBe(false);
  // A device that is away is waited for; nothing is to be decided.
  const away = obstacle("device_away", [{ choice: "queue", until: "2026-11-30T00:00:00.000Z" }], false);
  expect(questionsOf(one(away))).toEqual([]);
  expect(notesOf(one(away))).toHaveLength(1);
});

test("every answer has words", () => {
  const all = questionsOf(one(taken, caught, later, gone)).flatMap((q) => q.answers);
  for (const answer of all) expect(answerWords(answer).label.length + answerWords(answer).text.length).toBeGreaterThan(10);
  expect(chosen(questionsOf(one(taken)), {})).toEqual([{ choice: "keep_both" }]);
});
