"""nbgrader's configuration for this course: where things are, and who judges."""

c = get_config()

c.CourseDirectory.course_id = "differentiating-through-randomness"

# Lessons are written in solutions/; `autograder build` turns them into build/source/ and releases them to course/.
# nbgrader copies whatever it finds beside a source notebook, so its source is never solutions/ itself.
c.CourseDirectory.source_directory = "build/source"
c.CourseDirectory.release_directory = "course"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"

# The checks, a package a lesson, which no submission sees; and the functions that may run next to a learner's code.
c.Autograder.checks = ["autograder.checks"]
c.Autograder.beside = ["autograder.beside"]

# A mistake costs once: a check that fails because of another answer, which fails its own checks, is judged again with a
# right one in its place. Without it, each check judges the submission as it is:
# c.Autograder.count_once = False

# One stub for every cleared answer of the course.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}

# `nbgrader autograde` and formgrader's button keep nbgrader's converter. Three steps are ours: a submission is read as
# `autograder grade` reads it, it is rebuilt from the instructor's cells, and grade cells run in the grader's process
# instead of the student's.
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
