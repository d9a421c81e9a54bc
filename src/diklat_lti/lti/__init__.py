"""The outside world: registration, login, launch, deep linking, grades. Only it knows PyLTI1p3 and platforms."""
