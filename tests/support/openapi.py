"""OpenAI's published OpenAPI document, which the package llm-comply ships, as a judge of answers."""

import json
from pathlib import Path

import llm_comply
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = Path(llm_comply.__file__).parent / "specs" / "openai_chat.json"
URI = "urn:openai"


class Document:
    def __init__(self):
        document = as_json_schema(json.loads(DOCUMENT.read_text()))
        self.schemas = document["components"]["schemas"]
        resource = Resource(contents=document, specification=DRAFT202012)
        self.registry = Registry().with_resource(URI, resource)

    def errors(self, answer: dict, schema: str) -> list[str]:
        """What an answer has wrong by one of the document's schemas."""
        assert schema in self.schemas
        validator = Draft202012Validator({"$ref": f"{URI}#/components/schemas/{schema}"}, registry=self.registry)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer)]


def as_json_schema(value):
    """OpenAPI 3.0's `nullable` as JSON Schema says it. The document has it beside `enum` and `$ref` too."""
    if isinstance(value, list):
        return [as_json_schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    schema = {key: as_json_schema(item) for key, item in value.items()}
    if schema.get("nullable") is True:
        del schema["nullable"]
        return {"anyOf": [schema, {"type": "null"}]}
    return schema
