//! Begins the page: finds its host, draws it. Nothing else.

import { mount } from "svelte";
import App from "./App.svelte";
import { App as AppState } from "./state/app.svelte";
import "./styles/theme.css";
import "./styles/base.css";
import { chooseTransport } from "./transport/choose";

const { transport, keep, access } = chooseTransport();
document.body.dataset["place"] = transport.place;
const target = document.getElementById("weft");
if (target) {
  const app = new AppState(transport, keep, access);
  mount(App, { target, props: { app } });
  app.host.ready();
}
