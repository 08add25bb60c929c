"""What a survey asks: questions, subquestions and answer options, and the columns their answers are exported under."""
