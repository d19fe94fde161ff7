//! What is known of types that no index holds: the standard collections, wrappers and futures of the languages, by
//! name. Tables only; it must not look anything up.

use super::types::{Type, Types};

/// What kind of container a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    /// Elements of the first argument.
    Sequence,
    /// From the first argument to the second.
    Map,
    /// Several values of several types.
    Tuple,
    /// Something that stands for its first argument: a pointer, a guard, an option.
    Wrapper,
    /// Something to wait for; the last argument is what comes.
    Future,
    /// Something that yields its first argument, or gives it to a `with` statement.
    Generator,
}

/// The container of this name.
pub(crate) fn container(name: &str) -> Option<Container> {
    Some(match name {
        "tuple" | "Tuple" => Container::Tuple,
        "list"
        | "List"
        | "set"
        | "Set"
        | "frozenset"
        | "FrozenSet"
        | "deque"
        | "Deque"
        | "Sequence"
        | "MutableSequence"
        | "Iterable"
        | "Collection"
        | "AbstractSet"
        | "MutableSet"
        | "KeysView"
        | "ValuesView"
        | "AsyncIterable"
        | "Vec"
        | "VecDeque"
        | "LinkedList"
        | "HashSet"
        | "BTreeSet"
        | "IndexSet"
        | "BinaryHeap"
        | "SmallVec"
        | "ArrayVec"
        | "slice"
        | "Array"
        | "ReadonlyArray"
        | "ReadonlySet"
        | "ArrayList"
        | "Stream"
        | "Queue"
        | "IntoIterator"
        | "ExactSizeIterator"
        | "DoubleEndedIterator"
        | "Iter"
        | "IterMut"
        | "IntoIter"
        | "Drain"
        | "Peekable" => Container::Sequence,
        "dict"
        | "Dict"
        | "Mapping"
        | "MutableMapping"
        | "defaultdict"
        | "OrderedDict"
        | "ChainMap"
        | "Map"
        | "HashMap"
        | "BTreeMap"
        | "IndexMap"
        | "FxHashMap"
        | "DashMap"
        | "Record"
        | "ReadonlyMap"
        | "TreeMap"
        | "LinkedHashMap"
        | "WeakKeyDictionary"
        | "WeakValueDictionary"
        | "AHashMap"
        | "map"
        | "ConcurrentHashMap" => Container::Map,
        "Arc"
        | "Rc"
        | "Box"
        | "Ref"
        | "RefMut"
        | "MutexGuard"
        | "RwLockReadGuard"
        | "RwLockWriteGuard"
        | "Pin"
        | "Cow"
        | "Option"
        | "Optional"
        | "Result"
        | "RefCell"
        | "Cell"
        | "Mutex"
        | "RwLock"
        | "OnceCell"
        | "OnceLock"
        | "Lazy"
        | "LazyLock"
        | "LazyCell"
        | "ManuallyDrop"
        | "NonNull"
        | "Weak"
        | "UnsafeCell"
        | "ArcSwap"
        | "LocalResult"
        | "Readonly"
        | "Partial"
        | "Required"
        | "NonNullable"
        | "Awaited"
        | "AtomicReference"
        | "Supplier"
        | "Reverse"
        | "Callable"
        | "ContextVar"
        | "Mapped"
        | "CachePadded"
        | "OwnedMutexGuard"
        | "MappedMutexGuard"
        | "AbstractContextManager"
        | "ContextManager"
        | "AbstractAsyncContextManager"
        | "AsyncContextManager"
        | "closing"
        | "aclosing"
        | "nullcontext"
        | "ReentrantLock" => Container::Wrapper,
        "Coroutine" | "Awaitable" | "Future" | "Task" | "Promise" | "CompletableFuture" | "JoinHandle"
        | "BoxFuture" | "LocalBoxFuture" | "PromiseLike" | "IntoFuture" | "MaybeBoxFuture" => {
            Container::Future
        }
        "Generator" | "AsyncGenerator" | "Iterator" | "AsyncIterator" | "IterableIterator" => {
            Container::Generator
        }
        _ => return None,
    })
}

/// What a method of a container gives, where that depends on the arguments of the type alone.
pub(crate) fn method(name: &str, arguments: &[Types], method: &str) -> Option<Types> {
    let first = || arguments.first().cloned().unwrap_or_default();
    let last = || arguments.last().cloned().unwrap_or_default();
    let own = || vec![Type::Known(name.to_owned(), arguments.to_vec())];
    let list = |of: Types| vec![Type::Known("list".to_owned(), vec![of])];
    match container(name)? {
        Container::Map => match method {
            "get" | "pop" | "setdefault" | "get_mut" | "remove" | "insert" | "entry" | "or_insert"
            | "or_insert_with" | "or_default" | "or_insert_with_key" | "and_modify"
            | "get_or_insert_with" | "getOrDefault" | "put" | "computeIfAbsent" | "__getitem__" => {
                Some(last())
            }
            "values" | "values_mut" | "into_values" => Some(list(last())),
            "keys" | "into_keys" | "keySet" => Some(list(first())),
            "items" | "iter" | "iter_mut" | "into_iter" | "drain" | "entries" | "entrySet" => {
                Some(list(pair(first(), last())))
            }
            "first_key_value" | "last_key_value" | "popitem" | "pop_first" | "pop_last" => {
                Some(pair(first(), last()))
            }
            "copy" | "clone" | "as_ref" | "as_mut" | "borrow" | "to_owned" => Some(own()),
            _ => None,
        },
        Container::Sequence | Container::Generator => match method {
            "get" | "pop" | "first" | "last" | "next" | "get_mut" | "first_mut" | "last_mut" | "remove"
            | "swap_remove" | "back" | "front" | "back_mut" | "front_mut" | "pop_back" | "pop_front"
            | "popleft" | "peek" | "peek_mut" | "find" | "nth" | "max" | "min" | "max_by_key"
            | "min_by_key" | "max_by" | "min_by" | "next_back" | "at" | "shift" | "__next__"
            | "__anext__" | "send" | "asend" | "findFirst" | "findAny" | "orElse" | "reduce" | "choose"
            | "rfind" | "get_unchecked" | "__aenter__" | "__enter__" => Some(first()),
            "enumerate" => Some(list(pair(Types::new(), first()))),
            "map" | "flat_map" | "filter_map" | "fold" | "len" | "join" | "contains" | "any" | "all"
            | "position" | "count" | "index" | "push" | "append" | "insert" | "extend" | "zip"
            | "flatMap" | "scan" => None,
            _ => Some(own()),
        },
        Container::Tuple => matches!(method, "clone" | "to_owned").then(own),
        Container::Wrapper | Container::Future => match method {
            "map" | "and_then" | "map_or" | "map_or_else" | "is_some" | "is_none" | "is_ok" | "is_err"
            | "then" => None,
            "unwrap_err" | "err" | "expect_err" => Some(last()),
            _ if keeps_type(method) => Some(own()),
            _ => None,
        },
    }
}

fn pair(one: Types, other: Types) -> Types {
    vec![Type::Known("tuple".to_owned(), vec![one, other])]
}

/// Methods of anything that give the same thing again, seen through pointers, options and locks.
pub(crate) fn keeps_type(method: &str) -> bool {
    matches!(
        method,
        "clone"
            | "as_ref"
            | "as_mut"
            | "as_deref"
            | "as_deref_mut"
            | "borrow"
            | "borrow_mut"
            | "unwrap"
            | "expect"
            | "unwrap_or"
            | "unwrap_or_default"
            | "unwrap_or_else"
            | "unwrap_unchecked"
            | "to_owned"
            | "into"
            | "ok"
            | "ok_or"
            | "ok_or_else"
            | "map_err"
            | "lock"
            | "try_lock"
            | "read"
            | "write"
            | "iter"
            | "iter_mut"
            | "into_iter"
            | "cloned"
            | "copied"
            | "take"
            | "get_mut"
            | "deref"
            | "deref_mut"
            | "by_ref"
            | "or"
            | "or_else"
            | "into_inner"
            | "upgrade"
            | "downgrade"
            | "get_or_insert_with"
            | "get_or_init"
            | "await"
            | "copy"
            | "filter"
            | "inspect"
            | "inspect_err"
            | "context"
            | "with_context"
            | "as_pin_mut"
            | "boxed"
            | "boxed_local"
            | "fuse"
            | "load"
            | "get"
            | "orElseThrow"
            | "orElse"
            | "blocking_lock"
            | "force"
            | "into_boxed"
            | "try_into"
    )
}

/// What is left of a value when a wrapper is seen through: the argument that it stands for.
pub(crate) fn seen_through<'a>(name: &str, arguments: &'a [Types]) -> Option<&'a Types> {
    match container(name)? {
        Container::Wrapper if name == "Cow" || name == "Callable" => arguments.last(),
        Container::Wrapper => arguments.first(),
        Container::Future => arguments.last(),
        _ => None,
    }
}
