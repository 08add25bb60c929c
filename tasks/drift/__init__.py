"""Questionnaire drift: what is asked now, compared with the questionnaire that the crosswalk was written for."""
