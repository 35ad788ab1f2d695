/** The words of investigations. */
export const words = {
  title: "Investigations",
  none: "There were no investigations.",
  noneFits: "No investigation fits these filters.",
  stop: "Stop investigation",
  stopReason: "Why do you stop it?",
  stopText: "What was decided stays decided; what waits is not decided by it.",
  back: "Back to the investigations",
  noEvidence: "It found nothing worth telling.",
};
