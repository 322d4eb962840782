# %% two_deep
# Knows pairs within pairs, and none that is deeper.
# fails grammar: "is wrong"
# fails texts: "is wrong"
def is_valid(string):
    side = r"(?:[abc]|\([abc][+*][abc]\))"
    return re.fullmatch(rf"{side}|\({side}[+*]{side}\)", string) is not None


# %% letters_alone
# Knows no pair at all.
# fails grammar: "is wrong"
# fails texts: "is wrong"
def is_valid(string):
    return string in {"a", "b", "c"}


# %% by_length
# Counts characters.
# fails grammar: "is wrong"
# fails texts: "is wrong"
def is_valid(string):
    return len(string) % 4 == 1


# %% strips
# Takes blanks and line breaks off the ends.
# fails texts: "is wrong"
def is_valid(string):
    before, string = "", string.strip()
    while string != before:
        before, string = string, re.sub(r"\([abc][+*][abc]\)", "a", string)
    return string in ("a", "b", "c")
