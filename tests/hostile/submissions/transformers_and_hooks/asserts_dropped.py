# class: transformers and hooks
# attack: a syntax tree transformer drops every assert
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ast


class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()


get_ipython().ast_transformers.append(Drop())
