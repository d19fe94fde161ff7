// Ollama's own package for JavaScript, against the server at $WEFT_URL. Prints what it got as one JSON object; the test judges it.

import { Ollama } from "ollama";

const model = process.env.WEFT_TEST_MODEL;
const client = new Ollama({ host: process.env.WEFT_URL });
const got = {};

got.version = (await client.version()).version;
got.models = (await client.list()).models.map((it) => it.model);
got.capabilities = (await client.show({ model })).capabilities;

const capital = [{ role: "user", content: "What is the capital of France? Answer with one word." }];
got.chat = await client.chat({ model, messages: capital, options: { temperature: 0 } });

const count = [{ role: "user", content: "Count from 1 to 50, separated by commas." }];
const parts = [];
for await (const part of await client.chat({ model, messages: count, stream: true, options: { num_predict: 20 } })) {
  parts.push({ text: part.message.content, done: part.done });
}
got.parts = parts;

const fill = { model, prompt: process.env.WEFT_PREFIX, suffix: "\n", options: { num_predict: 24, stop: ["\n"] } };
got.fill = (await client.generate(fill)).response;

const cat = { type: "object", properties: { name: { type: "string" }, age: { type: "integer" } }, required: ["name", "age"] };
const described = [{ role: "user", content: "Tom is a cat of three years. Describe him as JSON." }];
got.cat = JSON.parse((await client.chat({ model, messages: described, format: cat, options: { num_predict: 80 } })).message.content);

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Get the current weather in a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const tool = [{ role: "user", content: "What is the weather in Paris? Use the tool." }];
const called = await client.chat({ model, messages: tool, tools: [weather], options: { temperature: 0, num_predict: 100 } });
got.calls = called.message.tool_calls;

got.dimensions = (await client.embed({ model, input: ["A cat sleeps.", "A kitten is asleep."] })).embeddings.map((it) => it.length);

const steps = [];
for await (const step of await client.pull({ model, stream: true })) steps.push(step.status);
got.steps = steps;

got.running = (await client.ps()).models.map((it) => it.name);
got.missing = await client.show({ model: "no-such-model" }).catch((error) => ({ status: error.status_code, message: error.message }));

// Leaving in the middle.
const abandoned = await client.generate({ model, prompt: "Tell a long story.", stream: true, options: { num_predict: 2000 } });
for await (const _ of abandoned) {
  abandoned.abort();
  break;
}
got.left = true;

console.log(JSON.stringify(got));
