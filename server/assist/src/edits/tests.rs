//! The cases of `cases/`, and what the cases do not reach: prompts, fences, targets, blocks. Must not need a model.
#![allow(clippy::panic)]

mod properties;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::Range;

use expect_test::expect;
use syntax::Language;
use text::Text;

use super::*;

/// A case: see `cases/README.md` for the form.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) content: String,
    selection: Range<usize>,
    asked: Asked,
    pub(super) answer: String,
    end: AnswerEnd,
    then: Option<String>,
    now: Option<String>,
    expected: Expected,
}

enum Asked {
    Edit(EditKind),
    Tests,
    Apply,
}

#[derive(Debug, PartialEq)]
enum Expected {
    File(String),
    Untouched(String),
}

pub(super) const ROOM: Room<'_> = Room { budget: 4000, measure: &|text| text.len() / 4 };

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for table in ["python", "rust", "typescript"] {
        let path = format!("{}/src/edits/cases/{table}.txt", env!("CARGO_MANIFEST_DIR"));
        let table = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        for source in format!("\n{table}").split("\n%%%% case ").skip(1) {
            cases.push(case(source));
        }
    }
    cases
}

fn case(source: &str) -> Case {
    let (name, rest) = source.split_once('\n').unwrap();
    let mut path = String::new();
    let (mut crlf, mut bom, mut open) = (false, false, false);
    let (mut content, mut selection) = (String::new(), 0..0);
    let mut asked = Asked::Apply;
    let (mut answer, mut end, mut then, mut now) = (String::new(), AnswerEnd::Complete, None, None);
    let mut expected = None;
    for part in format!("\n{rest}").split("\n%%%% ").skip(1) {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        let (word, argument) = head.split_once(' ').unwrap_or((head, ""));
        let body = body.replace('→', "\t").replace('␍', "\r").replace('·', " ");
        let as_file = |body: &str| {
            let body = body.trim_end_matches('\n');
            let body = if body.is_empty() || open { body.to_owned() } else { format!("{body}\n") };
            let body = if crlf { body.replace('\n', "\r\n") } else { body };
            if bom { format!("\u{feff}{body}") } else { body }
        };
        match word {
            "file" => {
                let mut words = argument.split(' ');
                path = words.next().unwrap().to_owned();
                for flag in words {
                    match flag {
                        "crlf" => crlf = true,
                        "bom" => bom = true,
                        "open" => open = true,
                        other => panic!("{name}: flag {other}"),
                    }
                }
                let body = if crlf { body.replace('\n', "\r\n") } else { body };
                let body = body.trim_end_matches(['\n', '\r']);
                let end = if body.is_empty() || open {
                    ""
                } else if crlf {
                    "\r\n"
                } else {
                    "\n"
                };
                let body = format!("{}{body}{end}", if bom { "\u{feff}" } else { "" });
                (content, selection) = marked(&body);
            }
            "ask" => asked = Asked::Edit(kind(argument)),
            "tests" => asked = Asked::Tests,
            "apply" => asked = Asked::Apply,
            "answer" => {
                answer = body;
                end = if argument == "cut" { AnswerEnd::Cut } else { AnswerEnd::Complete };
            }
            "then" => then = Some(body),
            "now" => now = Some(as_file(&body)),
            "expect" => expected = Some(Expected::File(as_file(&body))),
            "untouched" => expected = Some(Expected::Untouched(argument.to_owned())),
            other => panic!("{name}: {other}"),
        }
    }
    let expected = expected.unwrap_or_else(|| panic!("{name}: nothing is expected"));
    let name = name.to_owned();
    Case { name, path, content, selection, asked, answer, end, then, now, expected }
}

fn marked(body: &str) -> (String, Range<usize>) {
    if let Some((before, after)) = body.split_once('‸') {
        return (format!("{before}{after}"), before.len()..before.len());
    }
    match (body.find('«'), body.find('»')) {
        (Some(start), Some(end)) => {
            let end = end - '«'.len_utf8();
            (body.replace(['«', '»'], ""), start..end)
        }
        _ => (body.to_owned(), 0..0),
    }
}

fn kind(argument: &str) -> EditKind {
    match argument.split_once(' ').unwrap_or((argument, "")) {
        ("document", "") => EditKind::Document,
        ("fix", message) => {
            EditKind::Fix { diagnostics: vec![Diagnostic { line: 1, message: message.to_owned() }] }
        }
        _ => EditKind::Edit { instruction: argument.to_owned() },
    }
}

impl Case {
    pub(super) fn language(&self) -> Option<Language> {
        Language::from_path(std::path::Path::new(&self.path))
    }

    /// What becomes of an answer.
    pub(super) fn proposal(&self, answer: &str, end: AnswerEnd) -> Result<Proposal, String> {
        let text = Text::new(&self.content);
        let file = File { path: &self.path, text: &text, language: self.language() };
        let name = |reason: NoEdit| reason.name().to_owned();
        let model = ModelAnswer { text: answer, end };
        match &self.asked {
            Asked::Edit(kind) => {
                let region = region(&file, self.selection.clone());
                let prompt = edit_prompt(&file, &region, kind, &ROOM).map_err(name)?;
                edit_from_answer(&model, &file, &prompt.region, &prompt.instruction).map_err(name)
            }
            Asked::Tests => tests_from_answer(&model, &file).map_err(name),
            Asked::Apply => {
                let blocks = code_blocks(answer);
                let block = blocks.last().ok_or("no block")?;
                let candidates =
                    [Candidate { path: &self.path, definitions: &["other".to_owned()], is_current: true }];
                if find_target(block, &candidates) != Target::File(0) {
                    return Err("not this file".to_owned());
                }
                match apply(block, &file, &ROOM).map_err(name)? {
                    Applied::Proposal(proposal) => Ok(proposal),
                    Applied::NeedsModel(prompt) => {
                        let then = self.then.as_ref().ok_or("asks the model")?;
                        let model = ModelAnswer { text: then, end };
                        edit_from_answer(&model, &file, &prompt.region, &prompt.instruction).map_err(name)
                    }
                }
            }
        }
    }

    fn run(&self) -> Expected {
        let proposal = match self.proposal(&self.answer, self.end) {
            Ok(proposal) => proposal,
            Err(reason) => return Expected::Untouched(reason),
        };
        let Some(now) = &self.now else { return Expected::File(result_of_all(&proposal)) };
        match rebase(&proposal, &Text::new(now), self.language()) {
            Ok(rebased) => Expected::File(result_of_all(&rebased)),
            Err(refused) => Expected::Untouched(
                match refused {
                    Refused::Changed { .. } => "changed",
                    Refused::Ambiguous { .. } => "ambiguous",
                    Refused::AlreadyThere => "already there",
                    Refused::Syntax => "syntax",
                }
                .to_owned(),
            ),
        }
    }
}

#[test]
fn the_file_is_right_or_untouched_in_every_case() {
    let mut failures = String::new();
    for case in cases() {
        let outcome = case.run();
        if outcome != case.expected {
            let shown = |it: &Expected| match it {
                Expected::File(text) => text.replace('\t', "→").replace('\r', "␍"),
                Expected::Untouched(reason) => format!("untouched {reason}"),
            };
            let _ = write!(
                failures,
                "\n==== {}\n---- expected:\n{}\n---- got:\n{}\n",
                case.name,
                shown(&case.expected),
                shown(&outcome)
            );
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn there_are_cases_of_every_kind() {
    let cases = cases();
    let names: HashSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len());
    let count = |fits: &dyn Fn(&Case) -> bool| cases.iter().filter(|case| fits(case)).count();
    assert!(cases.len() >= 40, "{}", cases.len());
    for ending in [".py", ".rs", ".ts"] {
        assert!(count(&|case| case.path.ends_with(ending)) >= 10, "{ending}");
    }
    assert!(count(&|case| case.content.contains("\r\n")) >= 3);
    assert!(count(&|case| case.content.contains('\t')) >= 2);
    assert!(count(&|case| !case.content.is_ascii()) >= 2);
    assert!(count(&|case| case.now.is_some()) >= 5);
    assert!(count(&|case| matches!(case.expected, Expected::Untouched(_))) >= 15);
}

fn python() -> Option<Language> {
    Language::from_id("python")
}

fn region_of(marked_text: &str) -> String {
    let (content, selection) = marked(marked_text);
    let text = Text::new(&content);
    let file = File { path: "a.py", text: &text, language: python() };
    text.slice(region(&file, selection).range)
}

#[test]
fn a_region_is_whole_lines() {
    let class = "class A:\n    # Why.\n    @cache\n    def f(self):\n        re‸turn 1\n\nx = 1\n";
    assert_eq!(region_of(class), "    # Why.\n    @cache\n    def f(self):\n        return 1\n");
    assert_eq!(
        region_of("class A:\n    # W‸hy.\n    def f(self):\n        return 1\n"),
        "    # Why.\n    def f(self):\n        return 1\n"
    );
    assert_eq!(region_of("x = 1\ny = ‸2\n\nz = 3\n"), "x = 1\ny = 2\n");
    assert_eq!(region_of("x = 1\n‸\nz = 3\n"), "\n");
    assert_eq!(region_of("x = 1\n‸"), "");
    assert_eq!(region_of("‸"), "");
    assert_eq!(region_of("x = 1\n«\ny = 2\n\n»z = 3"), "y = 2\n");
    assert_eq!(region_of("x = 1\ny = «2\nz» = 3"), "y = 2\nz = 3");
}

#[test]
fn the_prompt_of_an_edit() {
    let (content, selection) =
        marked("import os\n\n\ndef f(a):\n    ‸return a\n\n\ndef g():\n    return f(1)\n");
    let text = Text::new(&content);
    let file = File { path: "src/a.py", text: &text, language: python() };
    let region = region(&file, selection);
    let kind = EditKind::Edit { instruction: "double it".to_owned() };
    let prompt = edit_prompt(&file, &region, &kind, &ROOM).unwrap();
    expect![[r#"
        The file `src/a.py`:
        ```python
        import os


        # WEFT-EDIT-HERE


        def g():
            return f(1)
        ```

        The part at the line `# WEFT-EDIT-HERE` is:
        ```python
        def f(a):
            return a
        ```

        Rewrite the part: double it"#]]
    .assert_eq(&prompt.user);
    let tiny = Room { budget: 20, ..ROOM };
    let Err(NoEdit::TooLarge { tokens, .. }) = edit_prompt(&file, &region, &kind, &tiny) else { panic!() };
    let small = Room { budget: tokens + 4, ..ROOM };
    let prompt = edit_prompt(&file, &region, &kind, &small).unwrap();
    assert!(!prompt.user.contains("import os"), "{}", prompt.user);
    assert!(prompt.user.contains("The file `src/a.py`, lines 2 to 7:"), "{}", prompt.user);
}

#[test]
fn the_prompt_of_a_fix_and_of_tests() {
    let text = Text::new("def f(a):\n    return b\n");
    let file = File { path: "a.py", text: &text, language: python() };
    let diagnostics = vec![Diagnostic { line: 1, message: "undefined name 'b'".to_owned() }];
    let prompt = edit_prompt(&file, &Region::whole(&file), &EditKind::Fix { diagnostics }, &ROOM).unwrap();
    expect![[r#"
        The file `a.py` is:
        ```python
        def f(a):
            return b
        ```

        Rewrite the part so that these problems are gone:
        - line 2, `return b`: undefined name 'b'
        Change nothing else."#]]
    .assert_eq(&prompt.user);
    let existing = Some(Text::new("import a\n"));
    let kind = EditKind::WriteTests { path: "test_a.py".to_owned(), existing };
    let prompt = edit_prompt(&file, &Region::whole(&file), &kind, &ROOM).unwrap();
    expect![[r#"
        The file `a.py` is:
        ```python
        def f(a):
            return b
        ```

        The file `test_a.py` has so far:
        ```
        import a
        ```

        Write tests of this part, usual cases and edge cases, for the file `test_a.py`."#]]
    .assert_eq(&prompt.user);
}

#[test]
fn fences_and_what_they_say() {
    let shown = |markdown: &str| -> String {
        let blocks = code_blocks(markdown);
        let line = |it: &CodeBlock| {
            assert!(markdown.get(it.range.clone()).is_some());
            let path = it.path.as_deref().unwrap_or("-");
            format!("{}|{path}|{:?}|{}", it.language, it.code, if it.closed { "closed" } else { "open" })
        };
        blocks.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let table = [
        ("```python\nx = 1\n```\n", r#"python|-|"x = 1\n"|closed"#),
        ("text `a` b\n~~~ts\nlet a;\n~~~", r#"ts|-|"let a;\n"|closed"#),
        ("```\nx", r#"|-|"x"|open"#),
        ("````markdown\n```py\nx\n```\n````\n", r#"markdown|-|"```py\nx\n```\n"|closed"#),
        ("1. First:\n   ```py\n   if a:\n       b\n   ```\n", r#"py|-|"if a:\n    b\n"|closed"#),
        ("- ```py\n  a\n  ```\n", r#"py|-|"a\n"|closed"#),
        ("<think>\nx\n</think>\n```py\na\n```\n", r#"py|-|"a\n"|closed"#),
        ("```python src/a.py\nx\n```", r#"python|src/a.py|"x\n"|closed"#),
        ("```python:src/a.py\nx\n```", r#"python|src/a.py|"x\n"|closed"#),
        ("```ts title=\"src/a.ts\"\nx\n```", r#"ts|src/a.ts|"x\n"|closed"#),
        ("```src/a.ts\nx\n```", r#"|src/a.ts|"x\n"|closed"#),
        ("```10:20:src/a.ts\nx\n```", r#"|src/a.ts|"x\n"|closed"#),
        ("```py\n# src/a.py\nx\n```", r##"py|src/a.py|"# src/a.py\nx\n"|closed"##),
        ("```ts\n// File: a/b.ts\nx\n```", r#"ts|a/b.ts|"// File: a/b.ts\nx\n"|closed"#),
        ("**`src/a.py`**:\n\n```py\nx\n```", r#"py|src/a.py|"x\n"|closed"#),
        ("### src/a.py\n```py\nx\n```", r#"py|src/a.py|"x\n"|closed"#),
        ("With Node.js you can say e.g. this:\n```js\nx\n```", r#"js|-|"x\n"|closed"#),
        ("Either `a.py` or `b.py`:\n```py\nx\n```", r#"py|-|"x\n"|closed"#),
        ("```py\na\r\n```\r\n", r#"py|-|"a\r\n"|closed"#),
    ];
    for (markdown, expected) in table {
        assert_eq!(shown(markdown), expected, "{markdown}");
    }
}

#[test]
fn the_file_of_a_block() {
    let names = |list: &[&str]| -> Vec<String> { list.iter().map(|it| (*it).to_owned()).collect() };
    let (cart, user, other) = (names(&["Cart", "total"]), names(&["User", "total"]), names(&[]));
    let files = [
        Candidate { path: "src/cart.py", definitions: &cart, is_current: false },
        Candidate { path: "src/user.py", definitions: &user, is_current: true },
        Candidate { path: "lib/cart.py", definitions: &other, is_current: false },
        Candidate { path: "src/main.ts", definitions: &other, is_current: false },
    ];
    let table: [(&str, Target); 9] = [
        ("```python src/cart.py\nx = 1\n```", Target::File(0)),
        ("```python ./lib/cart.py\nx = 1\n```", Target::File(2)),
        ("```python cart.py\nx = 1\n```", Target::Unclear(vec![0, 2])),
        ("```python src/new.py\nx = 1\n```", Target::New("src/new.py".to_owned())),
        ("```python\nclass Cart:\n    def total(self):\n        return 1\n```", Target::File(0)),
        ("```python\ndef total(self):\n    return 1\n```", Target::File(1)),
        ("```python\nx = 1\n```", Target::File(1)),
        ("```ts\nlet a = 1;\n```", Target::Nowhere),
        ("```diff\n--- a/src/cart.py\n+++ b/src/cart.py\n@@ -1 +1 @@\n-a\n+b\n```", Target::File(0)),
    ];
    for (markdown, expected) in table {
        assert_eq!(find_target(&code_blocks(markdown)[0], &files), expected, "{markdown}");
    }
}

#[test]
fn blocks_are_accepted_one_by_one() {
    let base = Text::new("a\r\nb\r\nc\r\nd");
    let proposal = diff("a.txt", &base, "A\r\nb\r\nc\r\nd\r\ne");
    assert_eq!(proposal.blocks.len(), 2);
    assert_eq!(proposal.blocks[1].old_lines, 3..4);
    assert_eq!(result(&proposal, &[]), "a\r\nb\r\nc\r\nd");
    assert_eq!(result(&proposal, &[0]), "A\r\nb\r\nc\r\nd");
    assert_eq!(result(&proposal, &[1, 7]), "a\r\nb\r\nc\r\nd\r\ne");
    assert_eq!(result_of_all(&proposal), "A\r\nb\r\nc\r\nd\r\ne");
    let proposal = diff("src/a.py", &Text::new("a\nb\nc\nd\ne\nf\ng\n"), "a\nb\nc\nX\ne\nf\ng\n");
    expect![[r#"
        --- a/src/a.py
        +++ b/src/a.py
        @@ -1,7 +1,7 @@
         a
         b
         c
        -d
        +X
         e
         f
         g
    "#]]
    .assert_eq(&unified_diff(&proposal));
    assert!(unified_diff(&diff("n.py", &Text::new(""), "x\n")).starts_with("--- /dev/null\n+++ b/n.py\n"));
}

#[test]
fn what_a_refusal_says_ends_with_what_to_do() {
    let refusals = [
        NoEdit::Empty,
        NoEdit::NoCode,
        NoEdit::Declined,
        NoEdit::Cut,
        NoEdit::Elided { line: 3 },
        NoEdit::Syntax { line: 3 },
        NoEdit::Lost { names: vec!["f".to_owned()] },
        NoEdit::Shrunk { before: 20, after: 2 },
        NoEdit::Markers,
        NoEdit::Ambiguous { what: "f".to_owned() },
        NoEdit::NoPlace,
        NoEdit::TooLarge { tokens: 3, budget: 2 },
    ];
    for refusal in refusals {
        let message = refusal.to_string();
        let told = ["Ask", "Select", "Open", "ask", "select"].iter().any(|word| message.contains(word));
        assert!(told && message.ends_with('.'), "{message}");
    }
}
