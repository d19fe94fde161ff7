"""A GGUF file without a model in it: the header that Weft reads, and weights of zeros. llama.cpp would refuse it."""

import struct


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def tiny(name: str = "tiny", rows: int = 64) -> bytes:
    """A file of a few kilobytes, different for each name and size."""
    keys = [
        text("general.architecture") + struct.pack("<I", 8) + text("qwen2"),
        text("general.name") + struct.pack("<I", 8) + text(name),
        text("general.file_type") + struct.pack("<II", 4, 15),
    ]
    for key, number in [("block_count", 2), ("embedding_length", 64), ("attention.head_count", 2), ("context_length", 4096)]:
        keys.append(text(f"qwen2.{key}") + struct.pack("<II", 4, number))
    tensor = text("token_embd.weight") + struct.pack("<IQQIQ", 2, 16, rows, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(keys)) + b"".join(keys) + tensor
    return head + bytes(-len(head) % 32) + bytes(16 * rows * 4)
