"""The side store: what Git cannot know (executions, the audit trail) and a cache of what it knows slowly (version numbers).

The only package that imports SQLAlchemy and Alembic. It knows tables and statements; rules live in `core`, and what is
written when is decided in `api`. Every statement is bound to one account.
"""
