"""Risk: scores applications and applies rules 风险评估; answers with one event, ``RiskAssessed``."""
