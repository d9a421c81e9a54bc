"""What a centre's admin opens (/centre), one file for each subject; `routes` gathers them."""
