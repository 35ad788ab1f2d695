/** The words of the first start. */
export const words = {
  title: "How much may happen without you?",
  sentences: [
    "Assize looks at a computer and gives each thing it finds a verdict: Malicious, Suspicious or No threats found.",
    "The automation level says what may then be done at once and what waits for your approval; what is Suspicious always waits for you.",
    "Everything that is done can be looked at afterwards, and undone where that is possible at all; you can change the level at any time.",
  ],
  until: "Until you choose, everything waits for you.",
  recommended: "Recommended",
  choose: "Choose",
};
