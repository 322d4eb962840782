"""What is made from grades: tables, reports and feedback pages."""
