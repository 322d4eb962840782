# %% reads_on
# Reads from the left, expression by expression.
def is_valid(string):
    def after(at):
        if string[at : at + 1] in ("a", "b", "c"):
            return at + 1
        if string[at : at + 1] != "(":
            raise ValueError
        at = after(at + 1)
        if string[at : at + 1] not in ("+", "*"):
            raise ValueError
        at = after(at + 1)
        if string[at : at + 1] != ")":
            raise ValueError
        return at + 1

    try:
        return after(0) == len(string)
    except ValueError:
        return False


# %% with_a_stack
# Keeps what is open on a stack.
def is_valid(string):
    stack = []
    for symbol in string:
        stack.append("E" if symbol in "abc" else "?" if symbol == "E" else symbol)
        if stack[-1] == ")" and len(stack) >= 5:
            if stack[-5] == "(" and stack[-4] == stack[-2] == "E" and stack[-3] in ("+", "*"):
                stack[-5:] = ["E"]
    return stack == ["E"]


# %% from_within
# Replaces pairs of letters one at a time.
def is_valid(string):
    while match := re.search(r"\([abc][+*][abc]\)", string):
        string = string[: match.start()] + "b" + string[match.end() :]
    return len(string) == 1 and string in "abc"
