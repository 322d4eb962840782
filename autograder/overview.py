"""What ``autograder`` says when no command is given: who does what. Grader's side."""

WHO_DOES_WHAT = """\
autograder COMMAND ...             autograder COMMAND --help tells its options
learners     lab                   open the lessons in JupyterLab
             check                 grade a notebook as your instructor would
             status                see your points in every lesson
instructors  collect, grade        bring in what a class handed in; grade it
             report, feedback      a page about the class; one for each learner
             export                the grades, as Canvas and Moodle import them
authors      new, build, site      begin a course; make its notebooks, and its pages to read
             verify, mutants       prove the checks, on examples and on changes
             demo                  a made-up class, graded, and the page about it"""
