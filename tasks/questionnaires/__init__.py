"""The questionnaire of a survey: its questions, subquestions and options, and the columns its answers come under."""
