"""The simulator in a process of its own, as benchmarks run it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tasks.limesurvey import LimeSurvey


def test_the_simulator_serves_filled_surveys_from_a_process_of_its_own(
    survey_file: Callable[[str], Path], connect: Callable[..., LimeSurvey]
) -> None:
    command = [sys.executable, "-m", "tasks.simulator", str(survey_file("charge_fr.lss")), "--fill", "300"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        try:
            server = connect(running.stdout.readline().strip(), page_size=100)
            (survey,) = server.surveys()
            assert [len(file.page.ids) for file in server.response_files(survey.survey_id)] == [100, 100, 100]
        finally:
            running.stdin.close()
        assert running.wait() == 0
