"""The numbers of published versions."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column, and let history be read anew: tags that an older wflgit has seen may have numbers that it did not know of."""
    op.add_column("versions", sa.Column("semver", TEXT))
    op.execute("UPDATE sync_state SET tip = NULL")
