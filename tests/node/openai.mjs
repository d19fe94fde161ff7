// OpenAI's own package for JavaScript, against the server at $WEFT_URL. Prints what it got as one JSON object; the test judges it.

import OpenAI from "openai";

const model = process.env.WEFT_TEST_MODEL;
const client = new OpenAI({ baseURL: `${process.env.WEFT_URL}/v1`, apiKey: "unused", maxRetries: 0 });
const got = {};

got.models = (await client.models.list()).data.map((it) => it.id);

const capital = [{ role: "user", content: "What is the capital of France? Answer with one word." }];
got.chat = await client.chat.completions.create({ model, messages: capital, temperature: 0 });

// The helper that puts the pieces of a stream together again.
const count = [{ role: "user", content: "Count from 1 to 50, separated by commas." }];
const stream = client.chat.completions.stream({
  model,
  messages: count,
  max_tokens: 20,
  stream_options: { include_usage: true },
});
let pieces = 0;
stream.on("content", () => (pieces += 1));
got.streamed = await stream.finalChatCompletion();
got.usage = await stream.totalUsage();
got.pieces = pieces;

// The helper that calls functions: it sends what they return back to the model, until it answers in words or a limit is reached.
const asked = [];
const runner = client.chat.completions.runTools(
  {
    model,
    temperature: 0,
    max_tokens: 100,
    messages: [{ role: "user", content: "What is the weather in Paris? Use the tool." }],
    tools: [
      {
        type: "function",
        function: {
          name: "get_weather",
          description: "Get the current weather in a city",
          parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
          parse: JSON.parse,
          function: ({ city }) => {
            asked.push(city);
            return "17 degrees and rain";
          },
        },
      },
    ],
  },
  { maxChatCompletions: 2 },
);
await runner.done().catch((error) => (got.toolError = error.message));
got.asked = asked;
got.roles = runner.messages.map((message) => message.role);

const completion = await client.completions.create({
  model,
  prompt: process.env.WEFT_PREFIX,
  suffix: "\n",
  max_tokens: 24,
  stop: ["\n"],
});
got.completion = completion.choices[0].text;

const embeddings = await client.embeddings.create({ model, input: ["A cat sleeps.", "A kitten is asleep."] });
got.dimensions = embeddings.data.map((it) => it.embedding.length);

got.missing = await client.chat.completions
  .create({ model: "no-such-model", messages: capital })
  .catch((error) => ({ kind: error.constructor.name, code: error.code, message: error.message }));

// Leaving in the middle.
const abandoned = await client.chat.completions.create({ model, messages: count, max_tokens: 2000, stream: true });
for await (const _ of abandoned) break;
got.left = true;

console.log(JSON.stringify(got));
