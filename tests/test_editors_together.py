"""Different real editors at the same time, with the real model: one engine serves them, and one model is in memory."""

import re

from support.editors import LOOP_LINE, NEOVIM, STOCK, SUGGESTED, TYPED, workspace
from test_helix import LABEL, LANGUAGES
from test_neovim import attached, page_of_lua, type_in_loop


def test_neovim_and_helix_are_answered_by_one_engine(open_editors, make_weft, tmp_path):
    weft = make_weft()
    editors = open_editors(weft)
    root = workspace(tmp_path)
    neovim = editors.neovim(NEOVIM, root, STOCK, page_of_lua())
    helix = editors.helix(root, STOCK, LANGUAGES)
    neovim.wait_for("class Item")
    attached(neovim)
    helix.wait_for("class Item")
    helix.type(f"{LOOP_LINE}ggA")
    helix.wait_for("INS")
    # Both ask before either has an answer.
    type_in_loop(neovim)
    helix.type(TYPED)
    neovim.wait_for(TYPED + SUGGESTED, capture="neovim")
    helix.wait_for(LABEL, capture="helix")
    neovim.keys("Tab")
    assert len(neovim.children("lsp")) == len(helix.children("lsp")) == 1
    # Once by the system's list of processes, once by what the engine says it has loaded.
    assert len(weft.engine_processes()) == 1
    listed = weft.run("ps")
    assert listed.returncode == 0, listed.stderr
    assert len(re.findall(r"^\S*qwen2\.5-coder-0\.5b", listed.stdout, re.MULTILINE)) == 1, listed.stdout
