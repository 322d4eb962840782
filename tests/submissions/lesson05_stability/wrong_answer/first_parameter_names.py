# Looks at the parameters, and returns their names.
#
# fails first_nonfinite-order: "parameters were searched"
# fails first_nonfinite-outputs: "parameters were searched"
# fails first_nonfinite-edges: "parameters were searched"

# %% grade_id="first_nonfinite"
def first_nonfinite(model, x):
    model(x)
    for name, parameter in model.named_parameters():
        if not torch.isfinite(parameter).all():
            return name
    return None
