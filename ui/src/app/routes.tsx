/** Which address shows which screen, and how screens that do not know each other lead to one another. */
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, useNavigate } from "@tanstack/react-router";
import type { RouterHistory } from "@tanstack/react-router";
import { FirstRun } from "../features/first-run/FirstRun";
import { HomePage } from "../features/home/HomePage";
import { PracticeCard } from "../features/practice/PracticeCard";
import { Shell } from "./Shell";

const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Shell });

const homeRoute = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: function Home() {
    const go = useNavigate();
    return (
      <HomePage
        firstRun={<FirstRun />}
        practice={(now) => <PracticeCard practice={now.practice} busy={now.checking !== null} />}
        onPending={() => void go({ to: "/actions/$tab", params: { tab: "pending" } })}
        onAction={() => undefined}
        onIncidents={() => void go({ to: "/incidents" })}
        onHistory={() => undefined}
      />
    );
  },
});
const actionsRoute = createRoute({ getParentRoute: () => root, path: "/actions/$tab", component: () => null });
const incidentsRoute = createRoute({ getParentRoute: () => root, path: "/incidents", component: () => null });
const devicesRoute = createRoute({ getParentRoute: () => root, path: "/devices", component: () => null });
const settingsRoute = createRoute({ getParentRoute: () => root, path: "/settings", component: () => null });

const tree = root.addChildren([homeRoute, actionsRoute, incidentsRoute, devicesRoute, settingsRoute]);

export const makeRouter = (client: QueryClient, history: RouterHistory) => createRouter({ routeTree: tree, history, context: { client }, defaultPreload: false });
export type AppRouter = ReturnType<typeof makeRouter>;

declare module "@tanstack/react-router" {
  interface Register { router: AppRouter }
}
