"""Where things are in this course, and who judges."""

c = get_config()

c.CourseDirectory.course_id = "mycourse"

# Lessons are written in solutions/; `autograder build` releases them to course/.
c.CourseDirectory.source_directory = "build/source"
c.CourseDirectory.release_directory = "course"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"

# The checks, a package a lesson. Submissions never see them.
c.Autograder.checks = ["mycourse_checks"]
# Functions that a check lets run beside a submission would stand in a package of their own:
# c.Autograder.beside = ["mycourse_beside"]

# A mistake costs once, also where later exercises use that answer. To judge each check by itself:
# c.Autograder.count_once = False

# What stands in the place of each answer.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}

# nbgrader's own commands and formgrader's buttons judge and write pages as `autograder grade` and `feedback` do.
c.Autograde.exporter_class = "autograder.preprocessors.ReadSubmission"
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "autograder.preprocessors.RebuildSubmission",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.preprocessors.JudgeSubmission",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.GenerateFeedback.exporter_class = "autograder.results.feedback_page.FeedbackPage"
c.GenerateFeedback.preprocessors = ["autograder.results.feedback_page.ReadGrades"]
