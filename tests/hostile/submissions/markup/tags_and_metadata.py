# class: markup
# attack: the metadata of a cell is markup
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% tags=["' onclick='payload()'", "</div><script>payload()</script>"] title="<script>payload()</script>" nbgrader={"comment": "<script>payload()</script>"}
1
