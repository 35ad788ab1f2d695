/** Which items of the vaults are meant. */
import type { QuarantineItem } from "../../api/bindings";
import { visible } from "../../components/text";

export const fits = (item: QuarantineItem, wanted: { device: string | undefined; text: string | undefined }): boolean => {
  const text = wanted.text?.toLowerCase();
  return (wanted.device === undefined || item.device === wanted.device) &&
    (text === undefined || visible(item.path).toLowerCase().includes(text) || item.sha256.startsWith(text) || item.device.toLowerCase().includes(text));
};

/** Its time runs out, and people are warned of it. */
export const isWarned = (item: QuarantineItem): boolean => item.warned_at !== null && !item.pinned;
