//! What surrounds a cursor: code, comment or string, and the blocks it is in. Both go down from the root by byte offset,
//! so their cost grows with the depth of the tree and not with the file. It must not decide what a completion does
//! with the answer.

use std::ops::Range;

use text::Text;
use tree_sitter::Node;

use crate::Tree;
use crate::outline::{ancestors, trimmed};

/// What kind of text a place is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SiteClass {
    /// Code, white space between code included, and the code inside an interpolation.
    Code,
    /// A comment: after its opening, and before its closing or up to and with the line's end.
    Comment,
    /// A string or character literal, between its quotes, finished or not.
    String,
}

/// A body that belongs to a header: what `{}` or an indented run of lines is to `if x`, `fn f()` or `class A`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Bytes of the body, its brackets included; the cursor is in it. Of a body by indentation: from its first character
    /// to its last, or the cursor where that is further; from the header's end while there is only white space.
    pub range: Range<usize>,
    /// Bytes of what introduces it, such as `if x` or `else:`, without white space at its end. Empty for a bare block.
    pub header: Range<usize>,
    /// False while its closing bracket is not written. Always true for a body by indentation.
    pub closed: bool,
}

/// How far back an unfinished multi-line literal is looked for, in bytes.
const UNFINISHED_LOOK_BACK: usize = 8 * 1024;

impl Tree {
    /// What kind of text a byte offset is in: that between the characters before and after it.
    pub fn class_at(&self, text: &Text, offset: usize) -> SiteClass {
        let offset = text.floor_char_boundary(offset);
        let Some(root) = self.root() else { return SiteClass::Code };
        // An unfinished literal has no node; its opening is a token inside an ERROR, before the cursor.
        let look_back = if root.has_error() { UNFINISHED_LOOK_BACK } else { 1 };
        let window = offset.saturating_sub(look_back)..offset + 1;
        let mut around: Vec<(usize, SiteClass)> = Vec::new();
        self.language().entry().literals.visit_matches(self.language(), root, text, window, |found| {
            for capture in &found.captures {
                if let Some(class) = self.class_of(capture.name, capture.node, text, offset) {
                    around.push((capture.node.start_byte(), class));
                }
            }
        });
        around.sort_by_key(|&(start, _)| start);
        // A literal holds no other literal, save inside an interpolation: a `#` in an unfinished string is no comment.
        around.into_iter().fold(SiteClass::Code, |outer, (_, inner)| match (outer, inner) {
            (SiteClass::Code, _) | (_, SiteClass::Code) => inner,
            _ => outer,
        })
    }

    /// The class that one capture of literals.scm gives to the offset, if it holds the offset at all.
    fn class_of(&self, capture: &str, node: Node<'_>, text: &Text, offset: usize) -> Option<SiteClass> {
        let (class, holds) = match capture {
            "comment" => (SiteClass::Comment, self.comment_holds(node, text, offset)),
            "string" => {
                (SiteClass::String, inside(node, offset) || (lacks_end(node) && offset == node.end_byte()))
            }
            "code" => (SiteClass::Code, inside(node, offset)),
            "string.open" => (SiteClass::String, opened_on_this_line(node, text, offset)),
            "string.open.multiline" => (SiteClass::String, node.end_byte() <= offset),
            "comment.open" => (SiteClass::Comment, node.start_byte() < offset),
            _ => return None,
        };
        holds.then_some(class)
    }

    /// A line comment goes on to the line's end, where more of it would be typed; some grammars give it the line end too.
    fn comment_holds(&self, node: Node<'_>, text: &Text, offset: usize) -> bool {
        let marker = self.language().line_comment();
        let start = node.start_byte();
        if text.slice(start..start + marker.len()) == marker {
            start + marker.len() <= offset && offset <= text.line_end(text.line_of(start))
        } else {
            inside(node, offset)
        }
    }

    /// The blocks that a byte offset is in, innermost first.
    ///
    /// In a language with brackets the offset is in a block when it lies between its brackets, also when the closing one
    /// is still to be written. In a language with indentation a line that is blank up to the cursor belongs to the
    /// blocks before it whose indentation is not deeper than the cursor's column.
    pub fn enclosing_blocks(&self, text: &Text, offset: usize) -> Vec<Block> {
        let offset = text.floor_char_boundary(offset);
        let mut blocks = if self.language().indent_blocks() {
            self.indented_blocks(text, offset)
        } else {
            self.bracketed_blocks(text, offset)
        };
        blocks.sort_by_key(|block| (usize::MAX - block.range.start, block.range.end));
        blocks.dedup_by(|later, earlier| later.range.start == earlier.range.start);
        blocks
    }

    fn bracketed_blocks(&self, text: &Text, offset: usize) -> Vec<Block> {
        let code_end = code_end_before(text, offset);
        let mut blocks: Vec<Block> = Vec::new();
        for node in self.block_nodes(text, offset).into_iter().chain(self.block_nodes(text, code_end)) {
            let (start, end) = (node.body.start_byte(), node.body.end_byte());
            let closed = !lacks_end(node.body);
            let after_unclosed = !closed && end <= offset && code_end <= end;
            if inside(node.body, offset) || (after_unclosed && start < offset) {
                let range = start..end.max(if closed { 0 } else { offset });
                blocks.push(Block { range, header: header(node, text), closed });
            }
        }
        let Some(root) = self.root() else { return blocks };
        for probe in [code_end.saturating_sub(1), offset] {
            let Some(deepest) = root.descendant_for_byte_range(probe, probe) else { continue };
            for error in ancestors(deepest).filter(Node::is_error) {
                blocks.extend(unclosed_blocks(error, text, offset));
            }
        }
        blocks
    }

    fn indented_blocks(&self, text: &Text, offset: usize) -> Vec<Block> {
        let cursor = IndentedCursor::new(text, offset);
        let mut blocks = Vec::new();
        // A block also holds the blank lines around its statements, so those nearest on both sides matter.
        let next_code = code_start_after(text, offset, self.language().line_comment());
        for node in self.block_nodes(text, cursor.probe).into_iter().chain(self.block_nodes(text, next_code))
        {
            let header = header_with_colon(node, text);
            let (start, end) = (node.body.start_byte(), node.body.end_byte());
            let touches = header.end <= cursor.probe && cursor.probe <= end.max(start);
            if touches && cursor.column_fits(text, &header, start..end) {
                blocks.push(Block {
                    range: indented_body(text, header.end, offset, end),
                    header,
                    closed: true,
                });
            }
        }
        if blocks.iter().all(|block| block.header.end < cursor.probe) {
            blocks.extend(self.header_alone(text, &cursor));
        }
        blocks
    }

    /// A header that the grammar made no block of, as that of a `try:` that has no `except` yet.
    fn header_alone(&self, text: &Text, cursor: &IndentedCursor) -> Option<Block> {
        let probe = cursor.probe;
        if text.char_before(probe) != Some(':') || self.class_at(text, probe) != SiteClass::Code {
            return None;
        }
        let deepest = self.root()?.descendant_for_byte_range(probe - 1, probe)?;
        let header = text.line_start(text.line_of(probe)) + indent_of_line(text, probe)..probe;
        let broken = ancestors(deepest).take(2).any(|node| node.is_error());
        (broken && cursor.column_fits(text, &header, probe..probe)).then(|| Block {
            range: probe..cursor.offset.max(probe),
            header,
            closed: true,
        })
    }

    /// The nodes that scopes.scm captures as `@block` and that touch the offset.
    fn block_nodes(&self, text: &Text, offset: usize) -> Vec<BlockNode<'_>> {
        let mut nodes: Vec<(usize, BlockNode<'_>)> = Vec::new();
        let Some(root) = self.root() else { return Vec::new() };
        // A byte on either side, because a block may end at the offset or be empty there.
        let window = offset.saturating_sub(1)..offset + 1;
        self.language().entry().scopes.visit_matches(self.language(), root, text, window, |found| {
            let named = |name: &str| found.captures.iter().find(|it| it.name == name).map(|it| it.node);
            if let Some(body) = named("block") {
                nodes.push((found.pattern, BlockNode { body, owner: named("header") }));
            }
        });
        // Of several patterns that match one block the first in the file counts.
        nodes.sort_by_key(|(pattern, node)| (node.body.start_byte(), node.body.end_byte(), *pattern));
        nodes.dedup_by(|(_, later), (_, earlier)| later.body.id() == earlier.body.id());
        nodes.into_iter().map(|(_, node)| node).collect()
    }
}

/// A body, and the node that its header begins with where the query says so.
#[derive(Clone, Copy)]
struct BlockNode<'tree> {
    body: Node<'tree>,
    owner: Option<Node<'tree>>,
}

/// Whether the offset lies between the first and the last byte of the node.
fn inside(node: Node<'_>, offset: usize) -> bool {
    node.start_byte() < offset && offset < node.end_byte()
}

/// Whether the parser had to make up the node's last token.
fn lacks_end(node: Node<'_>) -> bool {
    node.child_count().checked_sub(1).and_then(|last| node.child(last)).is_some_and(|last| last.is_missing())
}

fn opened_on_this_line(opening: Node<'_>, text: &Text, offset: usize) -> bool {
    opening.end_byte() <= offset && text.line_of(opening.start_byte()) == text.line_of(offset)
}

/// A cursor in a language with indentation.
struct IndentedCursor {
    offset: usize,
    /// Where the blocks are looked up: on a line with text, the cursor or that line's first character; on a blank line,
    /// the end of the text before it.
    probe: usize,
    /// The cursor's column in bytes, if its line is blank: there it tells which blocks the line belongs to.
    blank_column: Option<usize>,
}

impl IndentedCursor {
    fn new(text: &Text, offset: usize) -> Self {
        let line = text.line_of(offset);
        let (line_start, line_end) = (text.line_start(line), text.line_end(line));
        let indent = indent_of_line(text, offset);
        if line_start + indent < line_end {
            return Self { offset, probe: offset.max(line_start + indent), blank_column: None };
        }
        let column = offset.min(line_end) - line_start;
        Self { offset, probe: code_end_before(text, offset), blank_column: Some(column) }
    }

    /// Whether a blank line is indented enough to belong to a block whose node spans `body`.
    fn column_fits(&self, text: &Text, header: &Range<usize>, body: Range<usize>) -> bool {
        let Some(column) = self.blank_column else { return true };
        if body.start < self.offset && self.offset < body.end {
            return true;
        }
        match indentation(text, body.start) {
            Some(indent) if body.start < body.end => indent <= column,
            // The header is alone so far, or its body is on its line and can have no second one.
            _ => body.is_empty() && indent_of_line(text, header.start) < column,
        }
    }
}

/// The header of an indented block: up to its colon, without comments between that and the block.
fn header_with_colon(block: BlockNode<'_>, text: &Text) -> Range<usize> {
    let siblings = std::iter::successors(block.body.prev_sibling(), Node::prev_sibling);
    let header = header(block, text);
    match siblings.take(64).find(|sibling| sibling.kind() == ":") {
        Some(colon) if header.start < colon.end_byte() => header.start..colon.end_byte(),
        _ => header,
    }
}

/// The body from its first character that is not white space, or from the cursor where that is earlier; from the
/// header's end if there is nothing but white space yet.
fn indented_body(text: &Text, header_end: usize, offset: usize, block_end: usize) -> Range<usize> {
    let end = block_end.max(offset);
    let body = text.slice(header_end..end);
    let blank = body.len() - body.trim_start().len();
    let start = if blank == body.len() { header_end } else { (header_end + blank).min(offset) };
    start..end
}

/// The start of the next line after the offset's that is neither blank nor a comment.
fn code_start_after(text: &Text, offset: usize, line_comment: &str) -> usize {
    for line in (text.line_of(offset)..text.line_count()).skip(1).take(200) {
        let content = text.line(line);
        let code = content.trim_start();
        if !code.is_empty() && !code.starts_with(line_comment) {
            return text.line_start(line) + content.len() - code.len();
        }
    }
    offset
}

/// What stands between the owner's start, or the block before it in the same owner, and the block.
fn header(block: BlockNode<'_>, text: &Text) -> Range<usize> {
    let BlockNode { body: block, owner } = block;
    let start = block.start_byte();
    let parent = block.parent().filter(|parent| parent.kind() != block.kind() && parent.parent().is_some());
    let Some(owner) = owner.or(parent) else { return start..start };
    let siblings = std::iter::successors(block.prev_sibling(), Node::prev_sibling);
    let earlier_block = siblings.take(16).find(|sibling| sibling.kind() == block.kind());
    let from = earlier_block.map_or(owner.start_byte(), |earlier| earlier.end_byte()).min(start);
    let leading = text.slice(from..start);
    trimmed(text, from + (leading.len() - leading.trim_start().len())..start)
}

/// The blocks that `{` tokens right inside an ERROR open and no `}` closes before the offset.
fn unclosed_blocks(error: Node<'_>, text: &Text, offset: usize) -> Vec<Block> {
    let mut open: Vec<Block> = Vec::new();
    // The header itself may have been complete, and so not part of the ERROR.
    let before =
        error.prev_sibling().filter(|it| text.line_of(it.end_byte()) == text.line_of(error.start_byte()));
    let mut header_start = before.filter(|it| !ends_statement(*it, text)).map(|it| it.start_byte());
    let mut cursor = error.walk();
    let mut more = cursor.goto_first_child();
    while more && cursor.node().end_byte() <= offset {
        let node = cursor.node();
        match node.kind() {
            "{" => {
                let header = trimmed(text, header_start.unwrap_or(node.start_byte())..node.start_byte());
                open.push(Block { range: node.start_byte()..offset, header, closed: false });
                header_start = None;
            }
            "}" => {
                open.pop();
                header_start = None;
            }
            _ if node.is_extra() && !node.is_error() => {}
            // What ends like a statement is one, and the next header begins after it.
            _ if ends_statement(node, text) => header_start = None,
            _ => header_start = header_start.or(Some(node.start_byte())),
        }
        more = cursor.goto_next_sibling();
    }
    open
}

fn ends_statement(node: Node<'_>, text: &Text) -> bool {
    matches!(text.char_before(node.end_byte()), Some(';' | '}'))
}

/// The offset after the last character before `offset` that is not white space.
fn code_end_before(text: &Text, offset: usize) -> usize {
    let mut end = offset;
    while let Some(character) = text.char_before(end).filter(|character| character.is_whitespace()) {
        end -= character.len_utf8();
    }
    end
}

/// The column in bytes of an offset that has only white space before it on its line.
fn indentation(text: &Text, offset: usize) -> Option<usize> {
    let line_start = text.line_start(text.line_of(offset));
    (indent_of_line(text, offset) == offset - line_start).then_some(offset - line_start)
}

/// How many bytes of white space begin the line of an offset.
fn indent_of_line(text: &Text, offset: usize) -> usize {
    let content = text.line(text.line_of(offset));
    content.len() - content.trim_start().len()
}
