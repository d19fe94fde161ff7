"""Notebooks: each cell is a document of its own, and is completed below the code of the cells before it."""

import pytest
from lsprotocol import types

from support.editor import INVOKED, Document

NOTEBOOK = "file:///harbour/tides.ipynb"
# What only the cell above can teach.
ABOVE = "def knots_to_furlongs_per_hour(knots):\n    return knots * 9.206\n"
BELOW = "speed = knots_to_fur"


def cell_uri(number: int) -> str:
    return f"vscode-notebook-cell:/harbour/tides.ipynb#W{number}sZmlsZQ"


class Notebook:
    def __init__(self, editor, *texts: tuple[str, str]):
        self.editor = editor
        self.cells = [Document(editor, cell_uri(number), text, 1) for number, (_, text) in enumerate(texts)]
        editor.client.notebook_document_did_open(
            types.DidOpenNotebookDocumentParams(
                notebook_document=types.NotebookDocument(
                    uri=NOTEBOOK, notebook_type="jupyter-notebook", version=1, cells=[entry(it) for it in self.cells]
                ),
                cell_text_documents=[
                    types.TextDocumentItem(uri=cell.uri, language_id=language, version=1, text=cell.text)
                    for cell, (language, _) in zip(self.cells, texts)
                ],
            )
        )

    def change(self, **what) -> None:
        self.editor.client.notebook_document_did_change(
            types.DidChangeNotebookDocumentParams(
                notebook_document=types.VersionedNotebookDocumentIdentifier(version=2, uri=NOTEBOOK),
                change=types.NotebookDocumentChangeEvent(cells=types.NotebookDocumentCellChanges(**what)),
            )
        )


def entry(cell: Document) -> types.NotebookCell:
    return types.NotebookCell(kind=types.NotebookCellKind.Code, document=cell.uri)


async def suggested(cell: Document) -> str:
    items = await cell.complete(len(cell.text), INVOKED)
    return items[0].insert_text if items else ""


@pytest.mark.parametrize("language, knows", [("python", True), ("markdown", False)])
async def test_a_cell_knows_the_code_above_it(editor, language, knows):
    notebook = Notebook(editor, (language, ABOVE), ("python", BELOW))
    assert ("longs_per_hour(" in await suggested(notebook.cells[1])) == knows


async def test_cells_are_edited_taken_out_and_put_in(editor):
    notebook = Notebook(editor, ("python", "pass"), ("python", BELOW))
    first, second = notebook.cells
    assert "longs_per_hour" not in await suggested(second)
    changed = types.VersionedTextDocumentIdentifier(uri=first.uri, version=2)
    whole = types.TextDocumentContentChangeWholeDocument(text=ABOVE)
    notebook.change(text_content=[types.NotebookDocumentCellContentChanges(document=changed, changes=[whole])])
    assert "longs_per_hour(" in await suggested(second)
    taken_out = types.NotebookCellArrayChange(start=0, delete_count=1)
    closed = [types.TextDocumentIdentifier(uri=first.uri)]
    notebook.change(structure=types.NotebookDocumentCellChangeStructure(array=taken_out, did_close=closed))
    assert "longs_per_hour" not in await suggested(second)
    put_in = types.NotebookCellArrayChange(start=0, delete_count=0, cells=[entry(first)])
    opened = [types.TextDocumentItem(uri=first.uri, language_id="python", version=3, text=ABOVE)]
    notebook.change(structure=types.NotebookDocumentCellChangeStructure(array=put_in, did_open=opened))
    assert "longs_per_hour(" in await suggested(second)
    second.insert(len(second.text), "")
