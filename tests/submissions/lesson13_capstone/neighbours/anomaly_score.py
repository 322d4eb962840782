# %% a_column
# One column in the place of a row.
# fails steady: "wrong shape"
# fails finds: "wrong shape"
def anomaly_score(model, x):
    return x.sum(-1, keepdim=True)


# %% a_list
# A list of numbers.
# fails steady: "is not a tensor"
# fails finds: "is not a tensor"
def anomaly_score(model, x):
    return x.sum(-1).tolist()
