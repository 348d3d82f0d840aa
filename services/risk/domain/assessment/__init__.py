"""The assessment of one application: scorecard, rules, advice."""
