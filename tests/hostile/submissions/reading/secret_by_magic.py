# class: reading
# attack: IPython's magics read the secret
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
%pycat @secret@

# %%
!cat @secret@

# %%
%%bash
cat @secret@

# %%
%load @secret@

# %%
%run @secret@
