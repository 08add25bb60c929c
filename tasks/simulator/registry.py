"""Register all remote methods by importing the modules that define them."""

from tasks.simulator import participants, questions, responses, surveys
from tasks.simulator.protocol import METHODS

__all__ = ["METHODS", "REMOTE_CONTROL_PATH", "participants", "questions", "responses", "surveys"]

REMOTE_CONTROL_PATH = "/index.php/admin/remotecontrol"
