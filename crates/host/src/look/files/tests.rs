//! Planted trees and what a walk hands on.
