"""A review in all the forms that those read it in who have to decide."""
