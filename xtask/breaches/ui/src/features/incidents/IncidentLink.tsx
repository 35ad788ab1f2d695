export const IncidentLink = () => null;
