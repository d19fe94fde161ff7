"""Code whose continuation is certain: the model has only to copy what stands in the text.

A wrong text in the server (an edit lost, applied twice or out of order) gives another continuation.
"""

# The cursor is at the end; what follows is SUM_REST.
SUM = '''def add(a, b):
    """Returns the sum of a and b."""
    return a + b


def multiply(a, b):
    """Returns the product of a and b."""
    return '''
SUM_REST = "a * b"

# The cursor is at the marker, in an empty body that wants several lines. A model that is not stopped goes on
# with `return counts`, which stands after the cursor.
LONG_BODY = '''def count_words(lines):
    """Returns how often each word is in the lines."""
    counts = {}
    for line in lines:
        <cursor>
    return counts


def main():
    print("done")
'''


def at_cursor(sample: str) -> tuple[str, int]:
    """The text without its `<cursor>`, and where that was."""
    offset = sample.index("<cursor>")
    return sample.replace("<cursor>", "", 1), offset


def copying(number: int, before: str = "", name: str = "total") -> str:
    """A text at whose end only the digits of `number`, and the brackets of a call, can follow."""
    return f"{before}def secret_total_{number}():\n    return 1\n\n\n{name} = secret_total_"


def many_lines(count: int) -> str:
    """Sample code of so many lines, each different."""
    return "".join(f'log("entry {index}")\n' for index in range(count))
