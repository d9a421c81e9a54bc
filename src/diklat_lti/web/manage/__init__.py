"""What a cohort's admin opens (/manage), one file for each subject; `routes` gathers them."""
